export { type ResnetRs, resnetRs, type ResnetRsDepth } from './resnet-rs.ts'
