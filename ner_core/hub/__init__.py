"""The Hugging Face Hub: token, client, reachability, names of repositories."""
