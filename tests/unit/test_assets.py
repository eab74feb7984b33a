"""The bundled files, their manifest, and downloads that go right and wrong."""

import hashlib
import http.server
import json
import threading

import pytest
from PIL import Image

from fst_lessons import assets

FREE = {"CC0-1.0", "CC-BY-2.0", "CC-BY-3.0", "CC-BY-4.0", "LicenseRef-Public-Domain"}
OURS = FREE | {"BSD-3-Clause", "MIT"}
BODY = bytes(range(256)) * 900
RIGHT = hashlib.sha256(BODY).hexdigest()
PICTURES = [e for e in assets.manifest().values() if e["kind"] in ("photo", "style")]


def test_every_file_has_an_entry_with_the_right_hash():
    assert assets.problems() == []
    assert assets.main(["--check"]) == 0


def test_every_entry_says_who_made_it_and_under_which_licence():
    for path, entry in assets.manifest().items():
        for key in ("kind", "title", "author", "origin", "licence", "sha256"):
            assert entry.get(key), f"{path} has no {key}"
        assert entry["licence"] in OURS, path
        assert len(entry["sha256"]) == 64


@pytest.mark.parametrize("entry", PICTURES, ids=lambda e: e["path"])
def test_a_picture_is_as_its_entry_says(entry):
    assert entry["licence"] in FREE
    assert entry["licence_url"].startswith("http")
    assert entry["alt"].endswith(".")
    path = assets.data_path(entry["path"])
    assert path.stat().st_size < (250_000 if entry["kind"] == "photo" else 400_000)
    with Image.open(path) as image:
        assert image.mode == "RGB"
        assert image.size == (entry["width"], entry["height"])
        assert max(image.size) <= 1024


def test_the_readme_names_every_picture():
    text = assets.data_path("README.md").read_text(encoding="utf-8")
    for entry in PICTURES:
        assert f"`{entry['path'].split('/')[1]}`" in text


def test_names_and_paths():
    assert len(assets.photo_names()) >= 7
    assert len(assets.style_names()) >= 8
    assert assets.photo_names() == sorted(assets.photo_names())
    assert assets.photo_path("cat").name == "cat.jpg"
    assert assets.style_path("nocturne").is_file()
    assert assets.data_path() == assets.data_path("photos").parent


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean raccoon"):
        assets.photo_path("racoon")
    with pytest.raises(ValueError, match=r"there are: .*mosaic"):
        assets.style_path("qqqqqq")
    with pytest.raises(FileNotFoundError, match=r"did you mean cat\.jpg"):
        assets.data_path("photos", "cat.jpeg")
    with pytest.raises(FileNotFoundError, match="folder is not there"):
        assets.data_path("nowhere", "cat.jpg")


def test_verify(tmp_path):
    path = tmp_path / "body"
    path.write_bytes(BODY)
    assert assets.verify(path, RIGHT) == path
    assert assets.verify(path, RIGHT.upper()) == path
    assert assets.verify(assets.photo_path("cat"))
    with pytest.raises(ValueError, match="expected sha256 000"):
        assets.verify(path, "0" * 64)
    with pytest.raises(ValueError, match="no entry in the manifest"):
        assets.verify(path)
    with pytest.raises(FileNotFoundError):
        assets.verify(tmp_path / "none", RIGHT)


def test_check_finds_every_kind_of_problem(tmp_path, monkeypatch, capsys):
    (tmp_path / "new.jpg").write_bytes(b"new")
    (tmp_path / "old.jpg").write_bytes(b"changed")
    listed = [{"path": p, "sha256": RIGHT} for p in ("old.jpg", "gone.jpg")]
    (tmp_path / "manifest.json").write_text(json.dumps(listed))
    monkeypatch.setattr(assets, "_data_folder", lambda: tmp_path)
    assert assets.main(["--check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "no entry: new.jpg",
        "wrong hash: old.jpg",
        "no file: gone.jpg",
    ]


def test_a_missing_data_folder_is_explained(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "__file__", str(tmp_path / "package" / "assets.py"))
    with pytest.raises(FileNotFoundError, match="reinstall"):
        assets._data_folder.__wrapped__()


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/none":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY[:1000] if self.path == "/short" else BODY)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_download(server, tmp_path):
    seen = []
    path = assets.download(
        f"{server}/good",
        tmp_path / "deep" / "file.bin",
        sha256=RIGHT,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert path.read_bytes() == BODY
    assert seen[-1] == (len(BODY), len(BODY))
    assert [p.name for p in path.parent.iterdir()] == ["file.bin"]


def test_download_is_not_repeated(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(BODY)
    # port 9 answers nobody: only the file that is there can satisfy this call
    assert assets.download("http://127.0.0.1:9/x", path, sha256=RIGHT) == path


@pytest.mark.parametrize(
    ("page", "sha256", "error", "message"),
    [
        ("good", "0" * 64, ValueError, "did not deliver the expected file"),
        ("short", RIGHT, ConnectionError, "only 1000 of 230400 bytes"),
        ("none", RIGHT, ConnectionError, "404"),
    ],
)
def test_a_failed_download_leaves_what_was_there(
    server, tmp_path, page, sha256, error, message
):
    path = tmp_path / "file.bin"
    path.write_bytes(b"before")
    with pytest.raises(error, match=message):
        assets.download(f"{server}/{page}", path, sha256=sha256)
    assert path.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["file.bin"]


def test_no_network_says_where_to_put_the_file(server, tmp_path):
    path = tmp_path / "file.bin"
    with pytest.raises(ConnectionError, match=r"put it at .*file\.bin \(sha256 "):
        assets.download("http://127.0.0.1:9/x", path, sha256=RIGHT)
    assert list(tmp_path.iterdir()) == []


def test_only_http_addresses(tmp_path):
    with pytest.raises(ValueError, match="http"):
        assets.download("file:///etc/hostname", tmp_path / "x", sha256=RIGHT)
