import type { Cases } from "./scene.js";
export const securityCases: Cases = {};
