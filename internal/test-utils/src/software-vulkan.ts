/**
 * Makes Dawn run on the Vulkan driver that comes with Chromium and computes on the CPU; throws where there is none. To
 * call before the first use of the package webgpu in the process. The configuration of vitest names the driver.
 */
export const useSoftwareVulkan = (): void => {
  const { SOFTWARE_VULKAN: driver = '' } = process.env
  if (driver === '')
    throw new Error(
      'there is no vk_swiftshader_icd.json with Chromium: install chromium and libvulkan1, or set CHROMIUM=/path/to/it',
    )
  process.env['VK_DRIVER_FILES'] = driver
}
