"""Pictures handed on, in the form that the next program reads. ``formats`` lists the forms.

Every form walks over the pictures once, one at a time, and writes to a target that is there whole or not at
all. Pictures leave as ``core.provenance.outgoing`` says, never with the visible strip.
"""
