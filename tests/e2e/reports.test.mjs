// The forms of a report, judged by those who read them: SARIF by the standard's own schema and by what GitHub asks for
// beyond it, the page by a browser.
import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {after, before, describe, test} from 'node:test';
import {chromium} from 'playwright-core';
import {startStarter} from './lib/backend.mjs';
import {gatehouse} from './lib/gatehouse.mjs';
import {root, temporaryFolder} from './lib/process.mjs';

const require = createRequire(import.meta.url);
const trees = path.join(root, 'tests/golden/audit');
const systems = readdirSync(trees).filter((name) => /^\d+$/.test(name));
let folder, starter;

async function report(form, ...words) {
  const file = path.join(folder, `report-${Math.random().toString(16).slice(2)}.${form}`);
  const done = await gatehouse(['audit', ...words, '--output', file],
      {env: {HOME: folder, XDG_DATA_HOME: folder, PATH: process.env.PATH}});
  assert.ok(done.code <= 1, done.errors);
  return file;
}

before(async () => {
  folder = temporaryFolder();
  starter = await startStarter();
});

describe('SARIF', () => {
  const Ajv = require('ajv');
  const judge = new Ajv({schemaId: 'auto', unknownFormats: 'ignore', logger: false});
  judge.addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json'));
  const valid = judge.compile(JSON.parse(readFileSync(
      path.join(path.dirname(require.resolve('@microsoft/jest-sarif/package.json')), 'lib/schemas/sarif-2.1.0-rtm.5.json'))));

  // https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
  function accepted(text) {
    const log = JSON.parse(text);
    assert.ok(valid(log), JSON.stringify(valid.errors?.slice(0, 3)));
    assert.ok(Buffer.byteLength(text) < 10 * 1024 * 1024);
    assert.equal(log.runs.length, 1);
    const [run] = log.runs;
    assert.ok(run.tool.driver.rules.length <= 25000 && run.results.length <= 25000);
    const rules = new Map(run.tool.driver.rules.map((rule) => [rule.id, rule]));
    for (const rule of rules.values()) {
      assert.ok(rule.shortDescription.text && rule.fullDescription.text && rule.help.text, rule.id);
      assert.ok(rule.properties.tags.length <= 20);
      const score = Number(rule.properties['security-severity'] ?? 0);  // what is only told has none
      assert.ok(score >= 0 && score <= 10, `${rule.id}: ${score}`);
    }
    for (const result of run.results) {
      assert.ok(rules.has(result.ruleId), result.ruleId);
      assert.ok(['error', 'warning', 'note', 'none'].includes(result.level));
      assert.ok(result.message.text.length > 0);
      assert.ok(result.locations.length >= 1 && result.locations.length <= 1000);
      const {artifactLocation, region} = result.locations[0].physicalLocation;
      assert.doesNotMatch(artifactLocation.uri, /^([a-z]+:|\/|\.\.)/, 'relative to the repository');
      assert.ok(region.startLine >= 1);
      assert.ok(Object.values(result.partialFingerprints)[0].length >= 16);
    }
    return run.results.length;
  }

  for (const system of systems)
    test(`of system ${system} is what the schema and GitHub accept`, async () => {
      assert.ok(accepted(readFileSync(await report('sarif', path.join(trees, system, 'faulty')), 'utf8')) > 5);
    });

  test('of a running site points into the repository, too', async () => {
    assert.ok(accepted(readFileSync(await report('sarif', '--url', starter.url), 'utf8')) > 5);
  });
});

describe('the page', () => {
  let browser;
  before(async () => {
    browser = await chromium.launch({executablePath: '/usr/bin/chromium', args: ['--no-sandbox']});
  });
  after(() => browser?.close());

  async function open(file) {
    const page = await browser.newPage({viewport: {width: 1200, height: 900}});
    const asked = [], said = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    await page.goto(pathToFileURL(file).href);
    return {page, asked, said};
  }

  test('stands alone: it asks for nothing, breaks no policy of its own and says nothing', async () => {
    const file = await report('html', path.join(trees, '001/faulty'));
    const {page, asked, said} = await open(file);
    assert.deepEqual(asked, [pathToFileURL(file).href]);
    assert.deepEqual(said, []);
    assert.match(await page.title(), /report/i);
    await page.close();
  });

  test('shows what its filters leave, and everything on paper', async () => {
    const {page, said} = await open(await report('html', path.join(trees, '002/faulty')));
    const shown = () => page.locator('details.f:visible').count();
    const all = await shown();
    assert.ok(all > 10);
    const boxes = page.locator('input[type=checkbox]');
    assert.ok(await boxes.count() >= 4);
    await boxes.first().uncheck();
    const some = await shown();
    assert.ok(some < all && some > 0, `${some} of ${all}`);
    await page.emulateMedia({media: 'print'});
    assert.equal(await page.locator('input[type=checkbox]:visible').count(), 0, 'no controls on paper');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
    assert.ok(wide, 'nothing is cut off at the side');
    assert.ok((await page.pdf({format: 'A4'})).length > 20000);
    assert.deepEqual(said, []);
    await page.close();
  });

  test('is used by keyboard alone: search, filters, and back', async () => {
    const {page} = await open(await report('html', path.join(trees, '002/faulty')));
    const shown = () => page.locator('details.f:visible').count();
    const all = await shown();
    await page.keyboard.press('/');
    await page.keyboard.type('webhook');
    const some = await shown();
    assert.ok(some > 0 && some < all, `${some} of ${all}`);
    // Counted are the findings, of which one entry may hold several places, as the boxes of the severities count them.
    const findings = (entries) => entries.evaluateAll((all) => all.reduce((sum, e) => sum + Number(e.dataset.n), 0));
    assert.equal(await page.textContent('#count'),
      `${await findings(page.locator('details.f:visible'))} of ${await findings(page.locator('details.f'))}`);
    await page.keyboard.type(' no such thing');
    assert.equal(await shown(), 0);
    assert.ok(await page.isVisible('#none'), 'an empty list says why');
    await page.keyboard.press('Escape');
    assert.equal(await shown(), all);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    assert.ok(await shown() < all, 'the first box after the search is that of critical findings');
    await page.close();
  });

  test('leads from every table to the findings', async () => {
    const {page} = await open(await report('html', path.join(trees, '002/faulty')));
    const broken = await page.$$eval('a[href^="#"]', (links) => links.map((a) => decodeURIComponent(a.hash.slice(1)))
        .filter((id) => !document.getElementById(id)));
    assert.deepEqual(broken, []);
    await page.close();
  });

  test('keeps its words readable, light and dark', async () => {
    const file = await report('html', path.join(trees, '002/faulty'));
    for (const colorScheme of ['light', 'dark']) {
      const {page} = await open(file);
      await page.emulateMedia({colorScheme});
      // WCAG 2.2, 1.4.3: 4.5 to 1.
      const faint = await page.evaluate(() => {
        const lum = (c) => c.match(/[\d.]+/g).slice(0, 3).map((v) => v / 255)
            .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const behind = (e) => {
          for (let at = e; at; at = at.parentElement) {
            const c = getComputedStyle(at).backgroundColor;
            if (!/, 0\)$/.test(c) && c !== 'transparent') return c;
          }
          return 'rgb(255, 255, 255)';
        };
        return [...document.querySelectorAll('h1,h2,p,a,dt,dd,td,th,pre,code,label,li,.id,.title,.sev,#count,.yes,.no,.open')]
            .filter((e) => e.checkVisibility()).map((e) => {
              const [a, b] = [lum(getComputedStyle(e).color), lum(behind(e))].sort((x, y) => y - x);
              return [e.className || e.tagName, (a + 0.05) / (b + 0.05)];
            }).filter(([, ratio]) => ratio < 4.5);
      });
      assert.deepEqual(faint, [], colorScheme);
      await page.close();
    }
  });

  test('fits a small screen', async () => {
    const {page} = await open(await report('html', path.join(trees, '002/faulty')));
    await page.setViewportSize({width: 360, height: 740});
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 360));
    await page.close();
  });
});
