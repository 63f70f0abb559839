"""The lifespan protocol of ASGI: startup before the first request, shutdown after the last."""

import asyncio


class StartupFailed(Exception):
    def __init__(self, message):
        super().__init__(message)
        self.message = message or "no reason given"


class Lifespan:
    """An application that raises before it has said anything knows no lifespan, and is served without."""

    def __init__(self, app):
        self.state = {}
        self._app = app
        self._said = asyncio.Queue()
        self._heard = asyncio.Queue()
        self._task = None

    async def startup(self):
        self._task = asyncio.ensure_future(self._run())
        await self._said.put({"type": "lifespan.startup"})
        answer = await self._heard.get()
        if answer["type"] == "lifespan.startup.failed":
            raise StartupFailed(answer.get("message", ""))

    async def shutdown(self):
        if not self._task.done():
            await self._said.put({"type": "lifespan.shutdown"})
            await self._heard.get()

    async def _run(self):
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self._app(scope, self._said.get, self._heard.put)
        except Exception:
            pass  # not supported
        finally:
            await self._heard.put({"type": "ended"})
