import logging
import time

from flask import Flask, Response, jsonify, request

app = Flask(__name__)
notes = []


@app.get("/")
def index():
    return "A notebook: GET and POST /notes, GET /count/<n>\n", {"Content-Type": "text/plain; charset=utf-8"}


@app.get("/notes")
def list_notes():
    return jsonify(notes)


@app.post("/notes")
def add_note():
    note = request.get_json()
    if not isinstance(note, dict) or "text" not in note:
        return jsonify(error="a note needs a text"), 400
    logging.getLogger("notes").info("a note of %d characters", len(note["text"]))
    notes.append(note)
    return jsonify(note), 201


@app.get("/count/<int:n>")
def count(n):
    def numbers():
        for i in range(1, n + 1):
            yield f"{i}\n"
            time.sleep(0.05)

    return Response(numbers(), mimetype="text/plain")


if __name__ == "__main__":
    app.run(debug=True)
