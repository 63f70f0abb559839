const http = require('http');

// Whatever port it is, the platform finds it.
const port = 3000;

const server = http.createServer((request, response) => {
  console.log(`${request.method} ${request.url}`);
  const name = new URL(request.url, 'http://localhost').searchParams.get('name') || 'world';
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`Hello, ${name}, from Node ${process.version}!\n`);
});

server.listen(port, () => console.log(`listening on port ${port}`));
