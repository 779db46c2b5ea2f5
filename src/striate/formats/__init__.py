"""Foreign files and forms: Keras models, plain torch modules."""
