export { openZip, type Zip, type ZipError } from './zip.ts'
