import asyncio
from contextlib import asynccontextmanager

from fastapi import BackgroundTasks, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from pydantic import BaseModel


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.orders = {}
    print("the shop opens")
    yield
    print("the shop closes")


app = FastAPI(lifespan=lifespan)


class Order(BaseModel):
    item: str
    count: int = 1


@app.get("/")
async def index():
    return {"shop": "open", "orders": len(app.state.orders)}


@app.post("/orders", status_code=201)
async def place(order: Order, tasks: BackgroundTasks):
    number = len(app.state.orders) + 1
    app.state.orders[number] = order
    tasks.add_task(pack, number)
    return {"number": number, "item": order.item, "count": order.count}


@app.get("/orders/{number}")
async def show(number: int):
    if number not in app.state.orders:
        raise HTTPException(404, "no such order")
    return app.state.orders[number]


@app.get("/ticks/{n}")
async def ticks(n: int):
    async def stream():
        for i in range(1, n + 1):
            yield f"tick {i}\n"
            await asyncio.sleep(0.05)

    return StreamingResponse(stream(), media_type="text/plain")


async def pack(number: int):
    await asyncio.sleep(0.1)
    print(f"order {number} is packed")
