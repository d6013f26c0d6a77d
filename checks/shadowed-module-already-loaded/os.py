raise RuntimeError("never imported: loaded before")
