"""The frameworks people use, as applications and as scripts. They are installed by run.py."""

import os
import unittest

from platform_double import Instance
from test_script import ScriptTest as Scripts

DEPS = os.environ.get("MAYFLY_TEST_DEPS")
FLASK = """
from flask import Flask, request, Response, stream_with_context
app = Flask(__name__)
@app.route("/x")
def x():
    print("asked for", request.path)
    app.logger.warning("careful")
    return "flask"
@app.post("/json")
def double():
    return {"twice": request.get_json()["n"] * 2}
@app.route("/stream")
def stream():
    return Response((piece for piece in ("a", "b")))
@app.route("/boom")
def boom():
    raise ValueError("boom")
"""
FASTAPI = """
from contextlib import asynccontextmanager
from fastapi import FastAPI, BackgroundTasks
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
@asynccontextmanager
async def lifespan(app):
    app.state.greeting = "fastapi"
    yield
    print("shut down")
app = FastAPI(lifespan=lifespan)
class N(BaseModel):
    n: int
@app.get("/x")
async def x():
    print("asked for /x")
    return app.state.greeting
@app.get("/sync")
def sync():
    print("in a pool thread")
    return "sync"
@app.post("/json")
def double(n: N):
    return {"twice": n.n * 2}
@app.get("/stream")
def stream():
    return StreamingResponse(iter(["a", "b"]))
@app.get("/later")
def later(tasks: BackgroundTasks):
    tasks.add_task(print, "later")
@app.get("/boom")
def boom():
    raise ValueError("boom")
"""


def served(source):
    return Instance({"app.py": source}, "app.py", "app", "app", deps=DEPS, concurrency=8)


@unittest.skipUnless(DEPS, "needs the frameworks: python3 tests/run.py DEPS")
class AppTest(unittest.TestCase):
    def check(self, source, mode, quoted):
        with served(source) as instance:
            self.assertEqual(instance.ready(), mode)
            connection = instance.connect()
            self.assertEqual(instance.get("/x", connection=connection), (200, quoted))
            response, _ = instance.ask("POST", "/json", body=b'{"n": 21}', headers={"Content-Type": "application/json"}, connection=connection)
            self.assertEqual(response.read().strip().replace(b" ", b""), b'{"twice":42}')
            self.assertEqual(instance.get("/stream", connection=connection), (200, "ab"))
            self.assertEqual(instance.get("/nowhere", connection=connection)[0], 404)
            self.assertEqual(instance.get("/boom", connection=connection)[0], 500)
            instance.ended(5)
            self.assertIn("asked for /x", instance.texts(1))
            self.assertIn('app.py", line', "\n".join(instance.texts(5)))
            self.assertIn("ValueError: boom", "\n".join(instance.texts(5)))
            if mode == "asgi":
                instance.get("/later", connection=connection)
                instance.ended(6)
                self.assertEqual(instance.texts(6), ["later"])
                instance.get("/sync", connection=connection)
                instance.ended(7)
                self.assertEqual(instance.texts(7), ["in a pool thread"])
            instance.drain()
            self.assertEqual(instance.exit()[0], 0)
            if mode == "asgi":
                self.assertIn("shut down", instance.texts(0))

    def test_flask(self):
        self.check(FLASK, "wsgi", "flask")

    def test_fastapi(self):
        self.check(FASTAPI, "asgi", '"fastapi"')


@unittest.skipUnless(DEPS, "needs the frameworks: python3 tests/run.py DEPS")
class RunTest(unittest.TestCase):
    def serves(self, source):
        Scripts.serves(self, source, path="/x", deps=DEPS)

    def test_flask_run(self):
        self.serves(FLASK + "app.run(port=5000)")

    def test_flask_run_in_debug_mode_neither_reloads_nor_debugs(self):
        self.serves(FLASK + "if __name__ == '__main__':\n    app.run(host='0.0.0.0', port=5000, debug=True)")
        with Instance({"s.py": FLASK + "app.run(debug=True)"}, "s.py", "script", "", deps=DEPS) as instance:
            instance.ready()
            status, body = instance.get("/boom")
            self.assertEqual(status, 500)
            self.assertNotIn("ebugger", body)

    def test_uvicorn_run_with_uvloop_installed(self):
        self.serves(FASTAPI + "import uvicorn\nuvicorn.run(app, host='127.0.0.1', port=8000)")

    def test_uvicorn_run_by_name_with_a_reloader_and_workers(self):
        self.serves(FASTAPI + "if __name__ == '__main__':\n    import uvicorn\n    uvicorn.run('server:app', port=8000, reload=True, workers=2, loop='uvloop')")

    def test_uvicorn_server_in_a_loop_of_ones_own(self):
        self.serves(FASTAPI + "import uvicorn, asyncio\nasyncio.run(uvicorn.Server(uvicorn.Config(app, port=8000)).serve())")

    def test_aiohttp(self):
        self.serves("from aiohttp import web\nasync def x(request):\n    print('asked for', request.path)\n    return web.Response(text='ok')\napp = web.Application()\napp.add_routes([web.get('/x', x)])\nweb.run_app(app)")

    def test_tornado(self):
        self.serves("import asyncio, tornado.web\nclass X(tornado.web.RequestHandler):\n    def get(self):\n        print('asked for', self.request.path)\n        self.write('ok')\nasync def main():\n    tornado.web.Application([('/x', X)]).listen(8888)\n    await asyncio.Event().wait()\nasyncio.run(main())")
