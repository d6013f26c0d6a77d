mkdir -p d/dd && touch d/f && chmod 7777 d d/dd d/f
