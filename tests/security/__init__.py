"""Published failures of registries, tried at every door of the server as it ships."""
