"""shown_page.py FOLDER BROWSER... - hands FOLDER out as a web server does, lets the browser show
its page.html, and prints what that page writes into its element `result`. After a minute it gives
up. It must never be reached from outside."""
import functools
import http.server
import queue
import subprocess
import sys
import threading

PATIENCE = 60       # seconds
TELLS = b"""<script>
const tell = (text) => fetch('/shown', { method: 'POST', body: text });
addEventListener('error', (e) => tell(`error: ${e.message}`));
addEventListener('unhandledrejection', (e) => tell(`error: ${e.reason}`));
new MutationObserver(() => {
    const text = document.getElementById('result')?.textContent;
    if (text) tell(text);
}).observe(document, { subtree: true, childList: true });
</script>
"""
shown = queue.Queue()


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/page.html":
            return super().do_GET()
        with open(self.translate_path(self.path), "rb") as f:
            page = TELLS + f.read()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()
        shown.put(text.decode())

    def log_message(self, *args):
        pass


def main():
    handler = functools.partial(Handler, directory=sys.argv[1])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/page.html"
    browser = subprocess.Popen([*sys.argv[2:], url], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        text = shown.get(timeout=PATIENCE)
    except queue.Empty:
        text = "error: nothing was shown"
    browser.terminate()
    browser.wait()
    print(text)
    sys.exit(text.startswith("error"))


main()
