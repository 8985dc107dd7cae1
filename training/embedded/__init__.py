"""Parts of the embedded model: autoencoder, CLIP, UNet, decoder, and the phantoms they learn from."""
