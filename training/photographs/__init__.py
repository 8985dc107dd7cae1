"""The parts of training.prepare: from somebody's photographs to a dataset.

findings     what is told about a file that was refused or needs a person's eye
sources      the files of a folder or a ZIP, unsafe ones refused by name
inventory    what kind of source it is, and which captions belong to which pictures
tables       rows of JSON lines and CSV files
file_names   rash, site and tone read from names of folders and files
labels       attributes from columns, caption, folder and file name, and where each came from
pictures     one picture: verified, turned upright, colours to sRGB, resized, stripped
work         one picture of the source to its file, as a worker process does it
journal      what is done already, so that a killed run goes on
duplicates   near-duplicates by perceptual hash
splits       train, validation and test, near-duplicates on one side
finishing    rows, report and manifest
"""
