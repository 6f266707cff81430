export { download } from './download.ts'
export type { Download, DownloadError } from './request.ts'
