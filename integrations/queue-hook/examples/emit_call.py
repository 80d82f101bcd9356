"""Reports one finished call to Trimtab from Python, without any package.

    python3 emit_call.py                      print the body, and send nothing
    python3 emit_call.py http://127.0.0.1:7402 tt_...   POST it to a Trimtab evaluator

With the `bullmq` package from PyPI the same body goes onto the queue:
    await Queue("trimtab-ingest", {"connection": redis_url}).add("call", body, {"jobId": "call-" + body["callId"]})
"""

import json
import sys
import time
import urllib.request
import uuid


def queue_hook_body(call_id, record):
    """The envelope. json.dumps escapes everything beyond ASCII, which is what the queue wants."""
    return {"v": 1, "callId": call_id, "record": json.dumps(record)}


def example_record():
    return {
        "startedAt": int(time.time() * 1000) - 1200,
        "durationMs": 1200,
        "sessionId": "python-example",
        "clientFormat": "openai-chat",
        "upstreamFormat": "openai-chat",
        "provider": "vllm",
        "model": "qwen3-coder-30b",
        "request": {
            "model": "qwen3-coder-30b",
            "messages": [{"role": "user", "content": "Wie heißt die Hauptstadt von Frankreich? 🇫🇷"}],
        },
        "response": {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": "qwen3-coder-30b",
            "choices": [
                {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Paris."}}
            ],
            "usage": {"prompt_tokens": 17, "completion_tokens": 3, "total_tokens": 20},
        },
    }


def main(arguments):
    body = json.dumps(queue_hook_body(str(uuid.uuid4()), example_record()))
    if not arguments:
        print(body)
        return
    url, key = arguments
    request = urllib.request.Request(
        url.rstrip("/") + "/ingest/queue-hook",
        data=body.encode(),
        headers={"content-type": "application/json", "authorization": "Bearer " + key},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        print(answer.status, answer.read().decode())


if __name__ == "__main__":
    main(sys.argv[1:])
