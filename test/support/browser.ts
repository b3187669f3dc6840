/** Debian's Chromium, driven by playwright-core. Its profile is fresh with every launch, and no page reaches another host. */
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { describe, expect } from 'vitest'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const program = PLACES.find((path) => existsSync(path))
if (program === undefined)
  console.log('no Chromium on this machine (Debian: apt-get install chromium): browser tests are skipped')

export const describeBrowser = describe.skipIf(program === undefined)

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

/** A page of a reviewer of their own: nothing is shared with other pages. What it complains of, and what it asks of others, fails the test. */
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
  const top = from === null ? 0 : ((await page.locator(from).boundingBox())?.y ?? 0) - 24
  await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true, clip: { x: 0, y: top, width, height } })
}
