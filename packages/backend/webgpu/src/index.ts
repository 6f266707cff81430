export { DeviceError, DeviceLostError, NoGpuError } from './errors.ts'
export { useWebgpu, type WebgpuOptions, type WebgpuReport } from './use-webgpu.ts'
