"""The reader's network: MiniLM over question and passage, with a start, an end and an answerability logit.

As BERT's reader for SQuAD 2.0 (Devlin et al. 2019, arXiv:1810.04805, section 4.3): every token gets a start and an end
logit, and the first token stands for "not here". A further logit from the first token's state says whether the passage
answers at all, so that passages can be compared with each other.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import BertModel


class Reader(nn.Module):
    """Start, end and answerability logits of a question with a passage."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        size = encoder.config.hidden_size
        self.encoder = encoder
        self.span = nn.Linear(size, 2)
        self.answerable = nn.Sequential(nn.Linear(size, size), nn.Tanh(), nn.Dropout(0.1), nn.Linear(size, 1))

    @classmethod
    def start(cls, folder: Path) -> Reader:
        """A reader to be trained from the encoder in ``folder``."""
        encoder = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager")
        return cls(encoder)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Token logits (batch, tokens, 2) and answerability logits (batch,)."""
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        return self.span(states), self.answerable(states[:, 0]).squeeze(-1)


def loss_of(
    spans: Tensor, answerable: Tensor, allowed: Tensor, starts: Tensor, ends: Tensor, weights: Tensor, has: Tensor
) -> Tensor:
    """Mean negative log likelihood of the span plus that of answerability.

    Args:
        spans: token logits, (batch, tokens, 2).
        answerable: (batch,).
        allowed: tokens that may start or end a span, the first among them, (batch, tokens).
        starts: token of each acceptable answer's start, (batch, answers); 0, the first token, where there is none.
        ends: the same for the end.
        weights: share of annotators for each answer, rows sum to 1.
        has: 1 where the passage answers, (batch,).
    """
    spans = spans.float().masked_fill(~allowed.unsqueeze(-1), -1e4)
    log = spans.log_softmax(dim=1)
    start = log[..., 0].gather(1, starts)
    end = log[..., 1].gather(1, ends)
    # Any acceptable answer will do: the marginal likelihood over them (Clark and Gardner 2018, arXiv:1710.10723).
    likelihood = (torch.log(weights.clamp_min(1e-9)) + start + end).logsumexp(dim=1)
    return -likelihood.mean() / 2 + nn.functional.binary_cross_entropy_with_logits(answerable.float(), has)
