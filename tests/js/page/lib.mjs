// The real server and real browsers: what the tests of the page share. Every page is watched for what must never happen: an error, a
// violation of the policy, a request to another origin.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'

const BINARY = process.env.PLENARY_SERVER_BIN ?? new URL('../../../target/debug/plenary-server', import.meta.url).pathname
const SHOTS = new URL('../../../target/page', import.meta.url).pathname
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking'
]
const QUIET = ['--disable-component-update', '--disable-sync']
/** Whatever a page is to show comes within so long, on the slowest machine. */
export const WAIT_MS = 20_000

const PLAN = '/api/conferences/vale-talks/plans/framework'

/** A demo server of one's own, which may be killed and started again on the same data. */
export class Server {
  static async start(...args) {
    const server = new Server()
    server.data = mkdtempSync(join(tmpdir(), 'plenary-page-'))
    server.port = await freePort()
    server.args = args
    await server.again()
    return server
  }

  async again() {
    const args = ['demo', '--json', '--data', this.data, '--listen', `127.0.0.1:${this.port}`, ...this.args]
    this.child = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    const text = []
    for await (const line of createInterface(this.child.stdout)) {
      text.push(line)
      try {
        this.demo = JSON.parse(text.join('\n'))
        break
      } catch {
        // More of it comes.
      }
    }
    this.url = this.demo.url
  }

  /** As by a power cut: nothing is finished. */
  async kill() {
    this.child.kill('SIGKILL')
    await once(this.child, 'exit')
  }

  async stop() {
    await this.kill()
    rmSync(this.data, { recursive: true, force: true })
  }

  seat(party, role) {
    const { members, heads } = this.demo
    return [...members, ...heads].find(one => one.party === party && (!role || one.role === role))
  }

  /** Asks as a seat; `body` is posted. */
  async api(token, path, body, method = body ? 'POST' : 'GET') {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const response = await fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) })
    const answer = response.status === 204 ? null : await response.json()
    assert.ok(response.ok, `${path}: ${JSON.stringify(answer)}`)
    return answer
  }

  edits(party, ...edits) {
    return this.api(this.seat(party).token, `${PLAN}/edits`, { edits })
  }

  view(party, name) {
    return this.api(this.seat(party).token, `${PLAN}/${name}`)
  }

  async point(label) {
    return (await this.view('med', 'outline')).points.find(point => point.label === label)
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** A browser and its pages. */
export class Browser {
  pages = []

  static async start() {
    const browser = new Browser()
    browser.chromium = await chromium.launch({
      executablePath: process.env.PLENARY_CHROMIUM ?? '/usr/bin/chromium',
      args: [...FLAGS, ...QUIET]
    })
    return browser
  }

  /** A page of somebody's own; with a token, already joined. */
  async page(server, { token, width = 1280, height = 900, dark = false, language = 'en', at = '/' } = {}) {
    const viewport = { width, height }
    const context = await this.chromium.newContext({ viewport, colorScheme: dark ? 'dark' : 'light', locale: language })
    if (token) await context.addCookies([{ name: 'plenary', value: token, url: server.url }])
    const page = await context.newPage()
    page.setDefaultTimeout(WAIT_MS)
    page.troubles = []
    const trouble = text => page.troubles.push(text)
    page.on('pageerror', error => trouble(`error: ${error.stack}`))
    page.on('console', message => /Content Security Policy|Refused to/.test(message.text()) && trouble(message.text()))
    page.on('dialog', dialog => (trouble(`dialog: ${dialog.message()}`), dialog.dismiss()))
    page.on('request', request => {
      const url = new URL(request.url())
      if (!['data:', 'blob:'].includes(url.protocol) && url.host !== new URL(server.url).host) trouble(`request to ${url.host}`)
    })
    this.pages.push(page)
    await page.goto(server.url + at)
    return page
  }

  /** A party's page on the plan. */
  async reading(server, party, { role, look = 'text', point, ...options } = {}) {
    const at = `/#/vale-talks/framework/${look}${point ? `/${point}` : ''}`
    const page = await this.page(server, { token: server.seat(party, role).token, at, ...options })
    await page.waitForSelector('main h1')
    return page
  }

  /** Closes all pages: on none was there what must never be. */
  async clear() {
    const pages = this.pages.splice(0)
    for (const page of pages) await page.context().close()
    for (const page of pages) assert.deepEqual(page.troubles, [])
  }

  stop() {
    return this.chromium.close()
  }
}

/** Waits until something holds; what it is says what is missing if it never does. */
export async function until(what, holds) {
  const end = Date.now() + WAIT_MS
  for (;;) {
    const seen = await holds()
    if (seen) return seen
    if (Date.now() > end) assert.fail(`it never came to this: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** Keeps a picture of a page. */
export async function picture(page, name) {
  mkdirSync(SHOTS, { recursive: true })
  await page.screenshot({ path: join(SHOTS, `${name}.png`) })
}

/** What a point reads on a page. */
export const reads = (page, id) => page.locator(`#point-${id} .words`).first().innerText()
/** Waits for what is said of the connection. */
export const says = (page, text) => page.locator('.connection', { hasText: text }).waitFor()
export const SAFE = 'On the server’s disk'
