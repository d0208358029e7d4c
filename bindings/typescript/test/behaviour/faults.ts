import type { Cases } from "./scene.js";
export const faultCases: Cases = {};
