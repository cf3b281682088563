// Decided, Ask and Policy: buttons answered where they stand, bounds told as one types.

import { begin } from "./taps.js";

begin();
