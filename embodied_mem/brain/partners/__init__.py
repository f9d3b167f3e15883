"""What people tell a robot: kept with who said it, and told again only to whom it may be told."""

from embodied_mem.brain.partners.answers import PartnerAnswer as PartnerAnswer
from embodied_mem.brain.partners.answers import answer_partner as answer_partner
from embodied_mem.brain.partners.claims import Claim as Claim
from embodied_mem.brain.partners.diary import Diary as Diary
from embodied_mem.brain.partners.statements import read_statement as read_statement

__all__ = ["Claim", "Diary", "PartnerAnswer", "answer_partner", "read_statement"]
