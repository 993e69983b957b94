"""What is put on the path of a warm interpreter: its ``sitecustomize``, and nothing else that could be imported."""
