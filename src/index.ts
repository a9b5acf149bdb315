export { DcganError } from './platform/errors.ts';
