/** Before the app: a Node that runs no TypeScript says so in one line. */
if (!process.features.typescript) {
  process.stderr.write(
    `app.ts needs Node 22.18 or newer, which runs TypeScript (contextos-autotune itself 22.15); this is ${process.version}\n`,
  )
  process.exit(2)
}
