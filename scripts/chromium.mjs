// @ts-check
// Finds a Chromium or Chrome to run browser tests in. Nothing is downloaded.
import { existsSync, realpathSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'

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

/**
 * The Vulkan driver that comes with Chromium and computes on the CPU, or undefined: beside the program, or in the
 * folder of libraries that bears its name.
 */
export const findSoftwareVulkan = (env = process.env) => {
  const chromium = findChromium(env)
  if (chromium === undefined) return undefined
  return [dirname(realpathSync(chromium)), join(dirname(dirname(chromium)), 'lib', basename(chromium))]
    .map((folder) => join(folder, 'vk_swiftshader_icd.json'))
    .find((file) => existsSync(file))
}
