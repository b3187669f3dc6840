/** Debian's Chromium, driven by playwright-core. Its profile is fresh with every launch, and no page reaches another host. */
import { existsSync } from 'node:fs'
import { source as axe } from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { describe, expect } from 'vitest'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const program = PLACES.find((path) => existsSync(path))
if (program === undefined)
  console.log('no Chromium on this machine (Debian: apt-get install chromium): browser tests are skipped')

export const describeBrowser: ReturnType<typeof describe.skipIf> = describe.skipIf(program === undefined)

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
]

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: program!, args: FLAGS })

export const PHONE = { viewport: { width: 390, height: 844 } } as const
export const DESKTOP = { viewport: { width: 1120, height: 900 } } as const

export const NO_SCRIPT = { ...DESKTOP, javaScriptEnabled: false } as const

/** Pages that axe has looked at, with their colours: how wide they are is for other checks. */
const looked = new Set<string>()

/** What axe finds in a page with everything open: rules, each with the first elements that break it. */
async function violations(page: Page, scheme: string): Promise<string[]> {
  await page.evaluate('for (const e of document.querySelectorAll("details")) e.open = true')
  const content = `${scheme} ${await page.content()}`
  if (looked.has(content)) return []
  looked.add(content)
  // Evaluated by the debugger, which no content policy of the page keeps out.
  await page.evaluate(axe)
  const found = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ target }) => target.join(' ')).join(', ')))`
  return await page.evaluate<string[]>(found)
}

/**
 * A page of a reviewer of their own: nothing is shared with other pages. What it complains of, what it asks of others and
 * what axe finds in the state that the visit leaves it in fails the test.
 */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options)
  try {
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`asks ${request.url()}`)
    })
    await page.goto(url)
    await use(page)
    expect(complaints).toEqual([])
    if (options.javaScriptEnabled !== false)
      expect([page.url(), await violations(page, options.colorScheme ?? 'light')]).toEqual([page.url(), []])
  } finally {
    await context.close()
  }
}

/** Folder for pictures of the pages; absent: none are taken. */
const PICTURES = process.env.AUTOTUNE_SCREENSHOTS

/** Takes a picture from the top of the page, or from an element on, so high. */
export async function picture(page: Page, name: string, height: number, from: string | null = null): Promise<void> {
  if (!PICTURES) return
  // The name of a temporary folder is no part of a picture.
  await page.evaluate(
    `for (const e of document.querySelectorAll('pre')) e.textContent = e.textContent.replace(/ --store .*/, '')`,
  )
  const { width } = page.viewportSize()!
  // Where an element stands in the window; what was opened before may have scrolled it away.
  const scrolled = await page.evaluate<number>('scrollY')
  const top =
    from === null ? 0 : Math.max(0, ((await page.locator(from).first().boundingBox())?.y ?? 0) + scrolled - 24)
  await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true, clip: { x: 0, y: top, width, height } })
}
