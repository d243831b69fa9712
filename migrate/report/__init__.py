"""What plans and runs look like: one renderer a file. They talk to nobody, they only render."""
