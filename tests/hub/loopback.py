"""A Hub on loopback for the tests: repositories in memory, with a history, and faults on demand.

It speaks as much of the Hub's protocol as the real `huggingface_hub` client uses to read files and to publish them.

    with LoopbackHub() as hub:            # tests take it as the fixture `hub`, which points the client at it
        hub.url                           # what HF_ENDPOINT names
        hub.commit("owner/name", {"config.json": b"..."})   # makes the repository; returns the commit, 40 hex digits
        hub.files("owner/name")           # name to bytes, at "main" or at revision=
        hub.commits("owner/name")         # the oldest first; an upload is one of them
        hub.forget("owner/name", commit)  # as a forced push does: the commit is gone
        hub.requests                      # "METHOD /path" of all that was asked, in order; clear() starts to count anew
        hub.token = "hf_secret"           # 401 to whoever does not send it
        hub.faults.append(Fault("flip", "model.safetensors"))
        hub.close()                       # as if the cable were cut

A fault works on bodies (GET) of files whose name contains a word, `times` times or always:
    flip      one bit of the last byte of the body is another
    truncate  half of what was asked for is sent, then the connection is closed
    refuse    the answer is the status that `with_` gives (503)
    missing   the file is answered 404, to HEAD too
    stall     half of the body is sent, then `released` is awaited: time to kill who asked
`Fault("refuse", "/commit/", with_=500)` works on uploads: the word is looked for in the path.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

FILE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
API = re.compile(
    r"/api/models/([^/]+/[^/]+)(?:/(revision|tree|refs|preupload|commit|paths-info)(?:/([^/]+))?)?(?:/.*)?"
)
BATCH = re.compile(r"/([^/]+/[^/]+)\.git/info/lfs/objects/batch")
LARGE = (".safetensors", ".png", ".bin")  # what the Hub keeps outside of git


@dataclass
class Fault:
    """Something that goes wrong on the way."""

    kind: str
    word: str = ""
    times: int = 10**9
    with_: int = 503
    started: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


@dataclass
class Repository:
    """Every commit with the files at it, the oldest first."""

    history: dict[str, dict[str, bytes]] = field(default_factory=dict)
    made: int = 0

    def add(self, files: Mapping[str, bytes]) -> str:
        """Put a commit on top, also where nothing changed, and return it."""
        self.made += 1
        names = sorted((name, hashlib.sha256(content).hexdigest()) for name, content in files.items())
        commit = hashlib.sha1(repr((self.made, names)).encode()).hexdigest()
        self.history[commit] = dict(files)
        return commit

    def resolve(self, revision: str | None) -> str | None:
        """Return the commit that a revision names, or None."""
        if revision in (None, "main"):
            return next(reversed(self.history), None)
        return revision if revision in self.history else None


class LoopbackHub:
    """The server, on a port of its own, in a thread."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.requests: list[str] = []
        self.faults: list[Fault] = []
        self.uploaded: dict[str, bytes] = {}
        self.token: str | None = None
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"hub": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def __enter__(self) -> "LoopbackHub":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop answering; whoever stalls is let go."""
        for fault in self.faults:
            fault.released.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def commit(self, repo: str, files: Mapping[str, bytes]) -> str:
        """Change files of a repository, which is made where there is none, and return the commit."""
        known = self.repositories.setdefault(repo, Repository())
        return known.add({**self.files(repo), **files})

    def files(self, repo: str, revision: str = "main") -> dict[str, bytes]:
        """Return the files at a revision by name; none where nothing was committed."""
        known = self.repositories[repo]
        return known.history.get(known.resolve(revision) or "", {})

    def commits(self, repo: str) -> list[str]:
        """Return the commits of a repository, the oldest first."""
        return list(self.repositories[repo].history)

    def forget(self, repo: str, commit: str) -> None:
        """Drop a commit."""
        del self.repositories[repo].history[commit]

    def fault(self, path: str, *kinds: str) -> Fault | None:
        """Return the fault that is due for a path, and count it."""
        with self.lock:
            due = (f for f in self.faults if f.kind in kinds and f.word in path and f.times > 0)
            fault = next(due, None)
            if fault is not None:
                fault.times -= 1
            return fault


def git_id(content: bytes) -> str:
    """Return what git calls a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def blob_id(name: str, content: bytes) -> str:
    """Return what the Hub calls a file: sha256 where it is large, else git's id."""
    return hashlib.sha256(content).hexdigest() if name.endswith(LARGE) else git_id(content)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: LoopbackHub

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: tests look at `requests`."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.route = unquote(urlsplit(self.path).path)
        self.hub.requests.append(f"{self.command} {self.route}")
        self.content = self._body()
        if self.hub.token and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            self._error(401, "RepoNotFound", "Invalid username or password.")
        elif self.command in ("POST", "PUT") and (fault := self.hub.fault(self.route, "refuse")):
            self._error(fault.with_, "", "not now")
        elif found := FILE.fullmatch(self.route):
            self._file(*found.groups())
        elif found := API.fullmatch(self.route):
            self._api(*found.groups())
        elif found := BATCH.fullmatch(self.route):
            self._batch()
        elif self.route.startswith("/upload/"):
            self.hub.uploaded[self.route.removeprefix("/upload/")] = self.content
            self._json({})
        elif self.route == "/api/repos/create":
            self._create(json.loads(self.content))
        elif self.route == "/api/validate-yaml":
            self._json({"errors": [], "warnings": []})
        elif self.route == "/api/whoami-v2":
            self._json({"type": "user", "name": "loopback", "fullname": "Loopback", "orgs": []})
        else:
            self._error(501, "", "the loopback Hub does not know this request")

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _send(self, status: int, body: bytes, headers: Mapping[str, object]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()

    def _json(self, value: object, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self._send(status, body, {"Content-Type": "application/json"})
        self.wfile.write(body)

    def _error(self, status: int, code: str, text: str, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = b"" if self.command == "HEAD" else text.encode()
        self._send(status, body, {"X-Error-Code": code, "X-Error-Message": text, **named})
        self.wfile.write(body)

    def _file(self, repo: str, revision: str, name: str) -> None:
        known = self.hub.repositories.get(repo)
        commit = known.resolve(revision) if known else None
        if known is None:
            self._error(404, "RepoNotFound", "Repository not found")
        elif commit is None:
            self._error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        elif name not in known.history[commit] or self.hub.fault(name, "missing"):
            self._error(404, "EntryNotFound", "Entry not found", X_Repo_Commit=commit)
        elif self.command == "GET" and (fault := self.hub.fault(name, "refuse")):
            self._error(fault.with_, "", "not now")
        else:
            self._content(name, commit, known.history[commit][name])

    def _content(self, name: str, commit: str, whole: bytes) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        body = whole[int(asked[1]) if asked else 0 :]
        tag = f'"{blob_id(name, whole)}"'
        headers = {"ETag": tag, "X-Linked-ETag": tag, "X-Linked-Size": len(whole), "X-Repo-Commit": commit}
        if asked:
            headers["Content-Range"] = f"bytes {asked[1]}-{len(whole) - 1}/{len(whole)}"
        self._send(206 if asked else 200, body, headers)
        if self.command != "HEAD":
            self._deliver(name, body)

    def _deliver(self, name: str, body: bytes) -> None:
        fault = self.hub.fault(name, "flip", "truncate", "stall")
        if fault is None:
            self.wfile.write(body)
        elif fault.kind == "flip":
            self.wfile.write(body[:-1] + bytes([body[-1] ^ 1]))
        else:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            if fault.kind == "stall":
                fault.started.set()
                fault.released.wait(60)
            self.close_connection = True

    def _api(self, repo: str, verb: str | None, revision: str | None) -> None:
        known = self.hub.repositories.get(repo)
        commit = known.resolve(revision) if known else None
        if known is None:
            self._error(404, "RepoNotFound", "Repository not found")
        elif verb == "commit":
            self._commit(repo, known)
        elif verb == "preupload":
            self._json({"files": [self._mode(repo, row) for row in json.loads(self.content)["files"]]})
        elif revision not in (None, "main") and commit is None:
            self._error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        elif verb == "refs":
            branch = {"name": "main", "ref": "refs/heads/main", "targetCommit": commit}
            self._json({"branches": [branch], "tags": [], "converts": []})
        else:
            files = known.history.get(commit or "", {})
            rows = {name: self._row(name, content) for name, content in files.items()}
            self._json(self._listing(repo, verb, commit, rows))

    def _listing(self, repo: str, verb: str | None, commit: str | None, rows: Mapping[str, dict]) -> object:
        """Return a tree, the rows of the paths that were asked for, or what the Hub says of a repository."""
        if verb == "tree":
            return list(rows.values())
        if verb == "paths-info":
            kind = self.headers.get("Content-Type", "")
            asked = json.loads(self.content) if "json" in kind else parse_qs(self.content.decode())
            return [rows[name] for name in asked["paths"] if name in rows]
        siblings = [{"rfilename": name, "size": row["size"]} for name, row in rows.items()]
        about = {"id": repo, "modelId": repo, "author": repo.split("/")[0], "sha": commit, "private": False}
        return {**about, "downloads": 0, "likes": 0, "tags": [], "siblings": siblings}

    def _row(self, name: str, content: bytes) -> dict:
        row = {"type": "file", "path": name, "oid": git_id(content), "size": len(content)}
        large = {"oid": blob_id(name, content), "size": len(content), "pointerSize": 134}
        return {**row, "lfs": large} if name.endswith(LARGE) else row

    def _mode(self, repo: str, row: dict) -> dict:
        name = row["path"]
        present = self.hub.files(repo).get(name)
        mode = {"path": name, "uploadMode": "lfs" if name.endswith(LARGE) else "regular", "shouldIgnore": False}
        return mode if present is None else {**mode, "oid": blob_id(name, present)}

    def _batch(self) -> None:
        rows = json.loads(self.content)["objects"]
        for row in rows:
            if row["oid"] not in self.hub.uploaded:  # what is here already need not be sent
                row["actions"] = {"upload": {"href": f"{self.hub.url}/upload/{row['oid']}"}}
        self._json({"transfer": "basic", "objects": rows})

    def _create(self, asked: dict) -> None:
        repo = f"{asked.get('organization') or 'loopback'}/{asked['name']}"
        taken = repo in self.hub.repositories
        self.hub.repositories.setdefault(repo, Repository())
        about = {"url": f"{self.hub.url}/{repo}", "name": repo, "id": repo}
        self._json({**about, "error": "You already created this model repo"} if taken else about, 409 if taken else 200)

    def _commit(self, repo: str, known: Repository) -> None:
        files = dict(self.hub.files(repo))
        for line in self.content.splitlines():
            row = json.loads(line)
            kind, value = row["key"], row["value"]
            if kind == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif kind == "lfsFile":
                files[value["path"]] = self.hub.uploaded[value["oid"]]
            elif kind == "deletedFile":
                files.pop(value["path"], None)
        commit = known.add(files)
        self._json({"success": True, "commitOid": commit, "commitUrl": f"{self.hub.url}/{repo}/commit/{commit}"})
