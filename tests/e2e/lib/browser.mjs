// A real browser: Debian's Chromium, driven over its own protocol.
import {existsSync} from 'node:fs';
import {chromium} from 'playwright-core';
import {atEnd} from './process.mjs';

export const program = '/usr/bin/chromium';
if (!existsSync(program)) throw new Error(`${program} is missing; tools/setup.sh test installs it`);

export async function startBrowser() {
  const browser = await chromium.launch({
    executablePath: program, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-proxy-server', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'],
  });
  atEnd(() => browser.close());
  return browser;
}
