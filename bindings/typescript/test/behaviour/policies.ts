import type { Cases } from "./scene.js";
export const policyCases: Cases = {};
