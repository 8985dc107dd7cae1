"""The encoder study: what fine-tuning CLIP can do for a model's pictures, and what a LoRA of its UNet can.

    plan ──► base (a small model that never read the study's names, and its judge)
      │        ▼
      ├────► data (captioned phantoms: known diseases under new names, and a disease it never saw)
      │        ▼
      └────► cells: task x arm x size x seed ──► tuned parts ──► pictures ──► judged ──► one result.json each
                                                                                             ▼
                                                              figures, curves, grids ──► encoder-study.md

``python -m training.encoder_study`` walks this way; whatever is there already is not done again.
"""
