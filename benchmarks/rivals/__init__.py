"""The same network and objective as users of other frameworks write them."""
