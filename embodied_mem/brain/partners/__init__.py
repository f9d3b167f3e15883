"""What people tell a robot: kept with who said it, and told again only to whom it may be told."""

from embodied_mem.brain.partners.answers import PartnerAnswer as PartnerAnswer
from embodied_mem.brain.partners.answers import answer_partner as answer_partner
from embodied_mem.brain.partners.claims import Claim as Claim
from embodied_mem.brain.partners.diary import Diary as Diary
from embodied_mem.brain.partners.forms import Filled as Filled
from embodied_mem.brain.partners.forms import prefill as prefill
from embodied_mem.brain.partners.profile_records import ProfileRecords as ProfileRecords
from embodied_mem.brain.partners.profiles import Profile as Profile
from embodied_mem.brain.partners.profiles import profile as profile
from embodied_mem.brain.partners.statements import read_statement as read_statement

__all__ = [
    "Claim",
    "Diary",
    "Filled",
    "PartnerAnswer",
    "Profile",
    "ProfileRecords",
    "answer_partner",
    "prefill",
    "profile",
    "read_statement",
]
