// Starts the page's connection. A silent one is given up after 8 s instead of 30, so that a page soon says that it waits.
Blazor.start({
  circuit: { configureSignalR: connection => connection.withKeepAliveInterval(3000).withServerTimeout(8000) },
});
