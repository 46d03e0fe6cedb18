// The chat: questions are answered without leaving the page. Without this script the same form loads the same answer.

import { showCards } from "./card.js";
import { answerInPage } from "./conversation.js";
import { openSources } from "./panel.js";
import { swapParts } from "./swap.js";
import { offerTools } from "./tools.js";

answerInPage();
openSources();
showCards();
offerTools();
swapParts();
