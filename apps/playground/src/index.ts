export { playgroundSite } from './playground-site.ts'
