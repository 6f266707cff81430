// @ts-check
// Finds a Chromium or Chrome to run browser tests in. Nothing is downloaded.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const commands = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** The path of a Chromium, or undefined. `CHROMIUM=/path` in the environment wins. */
export const findChromium = (env = process.env) =>
  [
    env.CHROMIUM,
    ...(env.PATH ?? '').split(delimiter).flatMap((folder) => commands.map((command) => join(folder, command))),
    ...places,
  ].find((path) => path && existsSync(path))
