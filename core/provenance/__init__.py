"""What a picture says of itself when it leaves, and how that is checked when one comes back.

metadata      XMP with IPTC's digital source type
chunks        a PNG file read chunk by chunk, strictly
watermark     an invisible mark that outlives the metadata
visible       a strip of words beneath the picture
credentials   the certificates that pictures are signed with
manifest      the signed C2PA manifest
outgoing      all of it together: from a file of the library to the bytes that leave
verdict       and back: what can be said of a file
"""
