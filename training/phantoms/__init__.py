"""Procedurally drawn skin photographs whose attributes are known exactly.

    scene ──► anatomy (a Body: shape, relief, pigment, hair)      what is photographed, in centimetres
      │           │
      │       lesions (Marks: blood, melanin, relief, scale …)    what the disease adds
      │           ▼
      └──────► skin (chromophores in linear light) ─► shading (bump-mapped light) ─► camera ─► picture + mask

``render.render(scene)`` walks this way; ``python -m training.render_phantoms`` does it many times.
"""
