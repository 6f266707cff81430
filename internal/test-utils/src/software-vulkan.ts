import { existsSync } from 'node:fs'

const places = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome']

/**
 * Makes Dawn run on the Vulkan driver that comes with Chromium and computes on the CPU; throws where there is none. To
 * call before the first use of the package webgpu in the process.
 */
export const useSoftwareVulkan = (): void => {
  const driver = places.map((folder) => `${folder}/vk_swiftshader_icd.json`).find((file) => existsSync(file))
  if (driver === undefined)
    throw new Error(`there is no vk_swiftshader_icd.json in ${places.join(', ')}: install chromium and libvulkan1`)
  process.env['VK_DRIVER_FILES'] = driver
}
