// shown.mjs CHROMIUM FOLDER URL ID - the text of an element of a page in headless Chromium, as soon
// as it has one, through the browser's debugging pipe; FOLDER takes the browser's files. (--dump-dom
// does not wait for WebAssembly, which is compiled beside the page.)
import { spawn } from "node:child_process";

const [browser, folder, url, id] = process.argv.slice(2);
const child = spawn(browser, ["--headless=new", "--no-sandbox", "--disable-gpu",
                              "--remote-debugging-pipe", `--user-data-dir=${folder}`],
                    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const asked = new Map();
let answers = "", last = 0;
child.stdio[4].on("data", (data) => {
    const whole = (answers + data).split("\0");
    answers = whole.pop();
    for (const text of whole) {
        const answer = JSON.parse(text);
        asked.get(answer.id)?.(answer.result);
    }
});
const ask = (method, params, sessionId) => new Promise((done) => {
    asked.set(++last, done);
    child.stdio[3].write(JSON.stringify({ id: last, method, params, sessionId }) + "\0");
});
setTimeout(() => {
    console.error(`shown: #${id} of ${url} remained empty`);
    child.kill();
    process.exit(1);
}, 200000);
const { targetId } = await ask("Target.createTarget", { url });
const { sessionId } = await ask("Target.attachToTarget", { targetId, flatten: true });
const expression = `document.getElementById(${JSON.stringify(id)})?.textContent`;
let text;
do {
    await new Promise((done) => setTimeout(done, 50));
    text = (await ask("Runtime.evaluate", { expression }, sessionId))?.result?.value;
} while (!text);
process.stdout.write(text);
child.kill();
process.exit(0);
