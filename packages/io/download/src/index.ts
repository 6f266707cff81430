export { isTemporary } from './connect.ts'
export { download } from './download.ts'
export type { Checksum, Download, DownloadError } from './request.ts'
