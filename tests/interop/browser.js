// The page of our server in headless Chromium, for browser.py.
//
//   node browser.js CHROMIUM PORT TLS OTHER-PORT OTHER-PID PROFILE [SCREENSHOTS]
//
// TLS is 1 or 0; the other server, of this process id, is ended on the way. A line of JSON for each
// scenario: its name, and what failed or what was seen.
'use strict';
const net = require('net');
const {chromium} = require('playwright-core');

const [executablePath, port, tls, otherPort, otherPid, profile, screenshots] = process.argv.slice(2);
const http = 'http://localhost:' + port + '/', https = 'https://localhost:' + port + '/';
setTimeout(() => { console.error('too slow'); process.exit(2); }, 80000).unref();

function check(condition, why) {
  if (!condition)
    throw new Error(why);
}

// Waits until an element's text is so.
async function until(page, id, test, what) {
  const end = Date.now() + 8000;
  for (;;) {
    const text = await page.textContent('#' + id);
    if (test(text))
      return text;
    check(Date.now() < end, '#' + id + ' says ' + JSON.stringify(text) + ', not ' + what);
    await page.waitForTimeout(20);
  }
}
const state = (page, name, text) => until(page, name + '-state', (s) => s.startsWith(text), text);
const hears = (page, name, text) => until(page, name + '-log', (s) => s.includes(text), text);
const focused = (page) => page.evaluate(() => document.activeElement.id);
const current = (page, id) => page.getAttribute('#' + id, 'aria-current');

async function say(page, name, text) {
  await page.fill('#' + name + '-text', text);
  await page.press('#' + name + '-text', 'Enter');
}

async function main() {
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath, headless: true, ignoreHTTPSErrors: true, viewport: {width: 1100, height: 900},
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
           '--disable-background-networking', '--disable-component-update', '--disable-sync',
           '--ignore-certificate-errors']});
  const scenario = async (name, run) => {
    const pages = [], troubles = [];
    const open = async (url) => {
      const page = await browser.newPage();
      pages.push(page);
      page.on('pageerror', (error) => troubles.push(error.message));
      await page.goto(url);
      return page;
    };
    try {
      const seen = await run(open);
      check(!troubles.length, 'the page failed: ' + troubles);
      console.log(JSON.stringify({name, seen: seen || ''}));
    } catch (error) {
      console.log(JSON.stringify({name, failed: error.message}));
    }
    for (const page of pages)
      await page.close();
  };

  const negotiated = (url, protocol, via) => async (open) => {
    const page = await open(url);
    const hop = await page.evaluate(() => performance.getEntriesByType('navigation')[0].nextHopProtocol);
    check(hop === protocol, 'the browser speaks ' + hop);
    const said = [await page.textContent('#protocol'), await page.textContent('#via')];
    check(said.join() === [protocol, via].join(), 'the page says ' + said);
    check(/^[1-9]/.test(await page.textContent('#stream')), 'no stream');
    const rows = await page.$$('tr[aria-current=true]');
    check(rows.length === 1, rows.length + ' rows are marked');
  };

  const echo = (url, extensions) => async (open) => {
    const page = await open(url);
    await state(page, 'echo', 'not open');
    await page.click('#echo-open');
    await state(page, 'echo', 'open');
    await until(page, 'echo-info', (s) => s.includes('Extensions: ' + extensions), extensions);
    await until(page, 'echo-info', (s) => s.includes('subprotocol: echo'), 'its subprotocol');
    const texts = ['hello', 'κόσμε \u{1f600}', '', 'x'.repeat(200000)];
    for (const text of texts)
      await say(page, 'echo', text);
    await until(page, 'echo-log', (s) => s.endsWith(texts[3]), 'what was sent');
    const lines = await page.locator('#echo-log li').allTextContents();
    check(JSON.stringify(lines) === JSON.stringify(texts), lines.length + ' messages, not the four');
    await page.click('#echo-close');
    await state(page, 'echo', 'closed with 1000');
    check(await page.isDisabled('#echo-send') && await page.isDisabled('#echo-close'), 'a button is left on');
    await page.click('#echo-open');
    await state(page, 'echo', 'open');
    const binary = await page.evaluate(() => new Promise((take, fail) => {
      const ws = new WebSocket(location.protocol.replace('http', 'ws') + '//' + location.host + '/ws');
      ws.binaryType = 'arraybuffer';
      const octets = crypto.getRandomValues(new Uint8Array(65536));
      ws.onopen = () => ws.send(octets);
      ws.onerror = () => fail(new Error('no echo'));
      ws.onmessage = (event) => {
        const back = new Uint8Array(event.data);
        ws.close(4000, 'done');
        const same = back.length === 65536 && back.every((octet, i) => octet === octets[i]);
        ws.onclose = (end) => take(same && end.code);
      };
    }));
    check(binary === 4000, 'binary: ' + binary);
  };

  // the page and the greeting have to agree on what carries the WebSocket
  async function over(page) {
    const greeting = await hears(page, 'chat', '* you joined over ');
    const [, protocol, via] = /joined over (\S+) \(([^)]*)\)/.exec(greeting);
    await until(page, 'chat-info', (s) => s.includes('runs over ' + protocol + ' (' + via + ')'), protocol);
    const http2 = protocol === 'h2';
    check(http2 || protocol === 'http/1.1', 'over ' + protocol);
    check(await current(page, 'ws-http2') === String(http2), 'the row of HTTP/2');
    check(await current(page, 'ws-http1') === String(!http2), 'the row of HTTP/1.1');
    return protocol;
  }

  const chat = (first, second) => async (open) => {
    const a = await open(first), b = await open(second), carriers = [];
    for (const page of [a, b]) {
      await page.click('#chat-open');
      await state(page, 'chat', 'open');
      carriers.push(await over(page));
    }
    check(carriers[1] === 'http/1.1', 'the page in cleartext: ' + carriers[1]);
    await say(a, 'chat', 'from the first');
    await say(b, 'chat', 'from the second');
    for (const page of [a, b])
      for (const text of ['from the first', 'from the second'])
        await hears(page, 'chat', text);
    await a.click('#chat-close');
    await state(a, 'chat', 'closed with 1000');
    await say(b, 'chat', 'alone');
    await hears(b, 'chat', 'alone');
    return carriers[0];
  };

  const keyboard = (url) => async (open) => {
    const page = await open(url);
    const tab = async (id) => {
      for (let i = 0; i < 30; i++) {
        await page.keyboard.press('Tab');
        if (await focused(page) === id)
          return;
      }
      throw new Error('Tab never reaches ' + id);
    };
    await tab('echo-open');
    await page.keyboard.press('Enter');
    await state(page, 'echo', 'open');
    check(await focused(page) === 'echo-text', 'the focus is on ' + await focused(page));
    await page.keyboard.press('Control+A');
    await page.keyboard.type('by hand');
    await page.keyboard.press('Enter');
    await hears(page, 'echo', 'by hand');
    await tab('echo-close');
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    check(ring !== 'none', 'the focus does not show');
    await page.keyboard.press('Enter');
    await state(page, 'echo', 'closed with 1000');
    check(await focused(page) === 'echo-open', 'the focus is lost: ' + await focused(page));
    await tab('chat-open');
    await page.keyboard.press('Enter');
    await state(page, 'chat', 'open');
    await page.keyboard.type('hello all');
    await page.keyboard.press('Enter');
    await hears(page, 'chat', 'hello all');
    for (const id of ['echo-text', 'chat-text'])
      check(await page.locator('label[for=' + id + ']').count() === 1, id + ' has no label');
  };

  const picture = async (page, name) => {
    if (screenshots)
      await page.screenshot({path: screenshots + '/' + name + '.png', fullPage: true});
  };

  const fits = (url, width, name) => async (open) => {
    const page = await open(url);
    await page.setViewportSize({width, height: 844});
    for (const part of ['echo', 'chat']) {
      await page.click('#' + part + '-open');
      await state(page, part, 'open');
      await say(page, part, 'unbreakable'.repeat(40));
      await hears(page, part, 'unbreakable');
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    check(wide <= width, 'the page is ' + wide + ' wide');
    const small = await page.evaluate(() => [...document.querySelectorAll('button, input')].filter(
      (e) => e.getBoundingClientRect().height < 24).map((e) => e.id));
    check(!small.length, 'too small to touch: ' + small);
    await picture(page, name);
  };

  const ends = (url, pid) => async (open) => {
    const page = await open(url);
    await page.click('#echo-open');
    await state(page, 'echo', 'open');
    process.kill(pid, 'SIGTERM');
    await state(page, 'echo', 'closed with 1001 (the server ends)');
    for (let i = 0; ; i++) { // nobody listens there any more
      await page.click('#echo-open');
      const text = await until(page, 'echo-state', (s) => /closed/.test(s), 'closed');
      if (text.startsWith('error, closed with 1006'))
        break;
      check(i < 50, 'the state is ' + text);
      await page.waitForTimeout(100);
    }
    check(await page.isEnabled('#echo-open'), 'it cannot be tried again');
    await picture(page, 'error');
  };

  // the same port without permessage-deflate: a proxy that spoils the offer
  const proxy = net.createServer((from) => {
    const to = net.connect(port, '127.0.0.1');
    from.on('error', () => to.destroy());
    to.on('error', () => from.destroy());
    from.on('data', (part) => to.write(Buffer.from(part.toString('latin1').replace(
      'Sec-WebSocket-Extensions', 'X-Gone-WebSocket-Extension'), 'latin1')));
    from.on('end', () => to.end());
    to.pipe(from);
  });
  await new Promise((take) => proxy.listen(0, '127.0.0.1', take));

  const deflate = 'permessage-deflate';
  await scenario('http page', negotiated(http, 'http/1.1', 'default'));
  await scenario('http echo', echo(http, deflate));
  await scenario('plain echo', echo('http://localhost:' + proxy.address().port + '/', 'none'));
  await scenario('http chat', chat(http, http));
  await scenario('keyboard', keyboard(tls === '1' ? https : http));
  await scenario('phone', fits(tls === '1' ? https : http, 390, 'phone'));
  await scenario('narrow', fits(http, 320, 'narrow'));
  await scenario('desktop', fits(tls === '1' ? https : http, 1280, 'desktop'));
  await scenario('end', ends('http://localhost:' + otherPort + '/', +otherPid));
  if (tls === '1') {
    await scenario('https page', negotiated(https, 'h2', 'alpn'));
    await scenario('https echo', echo(https, deflate));
    await scenario('https chat', chat(https, http));
  }
  proxy.close();
  await browser.close();
  process.exit(0);
}

main().catch((error) => { console.error(error); process.exit(1); });
