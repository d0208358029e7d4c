import type { Cases } from "./scene.js";
export const errorCases: Cases = {};
