"""The XMP packet of a picture: IPTC's digital source type, what drew it, and the prompt.

Terms: https://cv.iptc.org/newscodes/digitalsourcetype/ and the IPTC Photo Metadata Standard 2025.1.
"""

import re
from xml.sax.saxutils import escape

from core.recipes import Recipe

XMP_KEY = "XML:com.adobe.xmp"
"""Keyword under which PNG files hold XMP."""

_TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
DRAWN = f"{_TERMS}trainedAlgorithmicMedia"
DRAWN_OVER = f"{_TERMS}compositeWithTrainedAlgorithmicMedia"
CREATOR = "Script2Skin"

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DESCRIPTION = (
    '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{words}</rdf:li></rdf:Alt></dc:description>'
)
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
   <Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>
   <Iptc4xmpExt:AISystemUsed>{creator}</Iptc4xmpExt:AISystemUsed>
   <Iptc4xmpExt:AIPromptInformation>{prompt}</Iptc4xmpExt:AIPromptInformation>
   <xmp:CreatorTool>{creator}</xmp:CreatorTool>
   {description}{further}
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def digital_source_type(recipe: Recipe) -> str:
    """The IPTC term: drawn by a model alone, or over a start picture."""
    return DRAWN if recipe.start_hash is None else DRAWN_OVER


def xmp_packet(recipe: Recipe, description: str) -> str:
    """The packet as text; equal recipes give equal text, since no time stands in it."""
    return packet_of(digital_source_type(recipe), recipe.prompt, description)


def packet_of(source: str, prompt: str, description: str, further: str = "") -> str:
    """The same for what has no single recipe; ``further`` is XML put in as it is."""
    described = _DESCRIPTION.format(words=_text(description))
    words = {"prompt": _text(prompt), "description": described, "further": further}
    return _PACKET.format(source=source, creator=CREATOR, **words)


def _text(words: str) -> str:
    """Escaped, and without the control characters that XML can't hold."""
    return escape(_NOT_XML.sub(" ", words))
