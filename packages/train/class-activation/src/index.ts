export { classActivation, type ClassActivationOptions, lastMaps } from './class-activation.ts'
export { ActivationError } from './classes.ts'
export { type ClassActivation, gradCam, type GradCamOptions } from './grad-cam.ts'
