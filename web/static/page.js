// Every page but the chat: parts that change in place, sources beside them, cards at citations, files dropped.

import { showCards } from "./card.js";
import { takeFiles } from "./files.js";
import { followJobs } from "./jobs.js";
import { openSources } from "./panel.js";
import { swapParts } from "./swap.js";
import { zoomByKeys } from "./timeline.js";
import { offerTools } from "./tools.js";

swapParts();
openSources();
showCards();
offerTools();
takeFiles();
followJobs();
zoomByKeys();
